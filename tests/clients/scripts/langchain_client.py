# SPDX-License-Identifier: EUPL-1.2
"""``langchain-openai`` against the house."""

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel
from scenarios import KEY, TEXT, URL, run

HERE = {"base_url": URL + "/v1", "api_key": KEY, "max_retries": 0}


class Person(BaseModel):
    """Somebody."""

    name: str
    age: int


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"rain in {city}"


def invoke() -> None:
    answer = ChatOpenAI(model="echo", **HERE).invoke(TEXT)
    assert answer.content == TEXT
    assert answer.usage_metadata["total_tokens"] == 6


def stream() -> None:
    chunks = list(ChatOpenAI(model="echo", stream_usage=True, **HERE).stream(TEXT))
    assert "".join(chunk.content for chunk in chunks) == TEXT
    assert sum((c.usage_metadata or {}).get("output_tokens", 0) for c in chunks) == 3


async def ainvoke() -> None:
    assert (await ChatOpenAI(model="echo", **HERE).ainvoke(TEXT)).content == TEXT


def bind_tools() -> None:
    model = ChatOpenAI(model="caller", **HERE).bind_tools([get_weather])
    asked = model.invoke(TEXT)
    call = asked.tool_calls[0]
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Bonn"})
    result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
    assert model.invoke([HumanMessage(TEXT), asked, result]).content == "rain in Bonn"


def with_structured_output() -> None:
    model = ChatOpenAI(model="json", **HERE).with_structured_output(Person)
    assert model.invoke(TEXT) == Person(name="Ada", age=36)


def responses_api() -> None:
    model = ChatOpenAI(model="echo", use_responses_api=True, **HERE)
    assert model.invoke(TEXT).text == TEXT
    assert "".join(chunk.text for chunk in model.stream(TEXT)) == TEXT


def embeddings() -> None:
    model = OpenAIEmbeddings(model="vectors", check_embedding_ctx_length=False, **HERE)
    assert [len(vector) for vector in model.embed_documents(["a", "b"])] == [16, 16]
    assert len(model.embed_query("a")) == 16


run(invoke, stream, ainvoke, bind_tools, with_structured_output, responses_api, embeddings)
