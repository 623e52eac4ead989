# SPDX-License-Identifier: EUPL-1.2
"""Exports of other programs, in miniature, written for these tests after what those programs write."""

import json
import zipfile
from io import BytesIO

BEGUN = 1_700_000_000  # seconds: 14 November 2023


def webui(title="Bauplan", user="u1", **changes):
    """A chat of Open WebUI: one question, two answers of two models, the second one shown."""
    messages = {
        "q": {
            "id": "q",
            "parentId": None,
            "childrenIds": ["a", "b"],
            "role": "user",
            "content": f"Was ist ein {title}?",
            "timestamp": BEGUN,
            "models": ["llama3:8b", "mistral:7b"],
            "files": [{"type": "file", "name": "plan.pdf"}],
        },
        "a": {
            "id": "a",
            "parentId": "q",
            "childrenIds": [],
            "role": "assistant",
            "content": "Ein **Plan**.",
            "model": "llama3:8b",
            "modelName": "Llama",
            "timestamp": BEGUN + 2,
            "done": True,
        },
        "b": {
            "id": "b",
            "parentId": "q",
            "childrenIds": ["c"],
            "role": "assistant",
            "content": '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 '
            "seconds</summary>\n&gt; x\n> Erst denken.\n</details>\nEine Satzung.",
            "model": "mistral:7b",
            "timestamp": BEGUN + 2,
        },
        "c": {
            "id": "c",
            "parentId": "b",
            "childrenIds": [],
            "role": "user",
            "content": "Danke!",
            "timestamp": BEGUN + 60,
        },
    }
    return {
        "id": f"chat-{title}",
        "user_id": user,
        "title": title,
        "chat": {
            "id": "",
            "title": title,
            "models": ["llama3:8b"],
            "params": {},
            "history": {"messages": messages, "currentId": "c"},
            "messages": [],
            "tags": [],
            "timestamp": BEGUN * 1000,
        },
        "updated_at": BEGUN + 100,
        "created_at": BEGUN,
        "share_id": None,
        "archived": False,
        "pinned": True,
        "meta": {"tags": ["bau"]},
        "folder_id": None,
        **changes,
    }


def _node(node_id, parent, role="", parts=None, **more):
    said = None
    if role:
        said = {
            "id": node_id,
            "author": {"role": role, "name": None, "metadata": {}},
            "create_time": BEGUN + 0.25 if role != "system" else None,
            "update_time": None,
            "content": more.pop("content", {"content_type": "text", "parts": parts or [""]}),
            "status": "finished_successfully",
            "weight": 1.0,
            "metadata": more.pop("metadata", {}),
            "recipient": more.pop("recipient", "all"),
        }
    return {"id": node_id, "message": said, "parent": parent, "children": []}


def chatgpt(title="Reise nach Köln"):
    """A conversation of ChatGPT: hidden system, a picture, a thought, a tool, an answer with citations."""
    nodes = [
        _node("root", None),
        _node("sys", "root", "system", metadata={"is_visually_hidden_from_conversation": True}),
        _node(
            "q",
            "sys",
            "user",
            content={
                "content_type": "multimodal_text",
                "parts": [
                    {"content_type": "image_asset_pointer", "asset_pointer": "file-service://f"},
                    "Was zeigt das Bild?",
                ],
            },
        ),
        _node(
            "think",
            "q",
            "assistant",
            content={
                "content_type": "thoughts",
                "thoughts": [{"summary": "Sehen", "content": "Ein Dom."}],
            },
        ),
        _node(
            "call",
            "think",
            "assistant",
            content={"content_type": "code", "language": "json", "text": '{"q": "Dom"}'},
            recipient="web",
        ),
        _node("tool", "call", "tool", ["Ergebnisse"]),
        _node(
            "a",
            "tool",
            "assistant",
            ["Den Kölner Dom\ue200cite\ue202turn0search0\ue201."],
            metadata={"model_slug": "gpt-4o"},
        ),
    ]
    return {
        "title": title,
        "create_time": BEGUN + 0.123456,
        "update_time": BEGUN + 5.5,
        "mapping": {node["id"]: node for node in nodes},
        "moderation_results": [],
        "current_node": "a",
        "conversation_id": f"cg-{title}",
        "default_model_slug": "gpt-4o",
        "is_archived": True,
    }


def librechat():
    """A conversation of LibreChat, written recursively."""
    return {
        "conversationId": "lc",
        "endpoint": "openAI",
        "title": "Wetter",
        "exportAt": "2024-05-01T10:00:00.000Z",
        "branches": True,
        "recursive": True,
        "options": {"model": "gpt-4"},
        "messages": [
            {
                "messageId": "m1",
                "parentMessageId": "00000000-0000-0000-0000-000000000000",
                "text": "Regnet es?",
                "isCreatedByUser": True,
                "createdAt": "2024-05-01T09:00:00.000Z",
                "children": [
                    {
                        "messageId": "m2",
                        "parentMessageId": "m1",
                        "content": [
                            {"type": "think", "think": "Aus dem Fenster sehen."},
                            {"type": "text", "text": {"value": "Ja."}},
                        ],
                        "isCreatedByUser": False,
                        "model": "gpt-4",
                        "createdAt": "2024-05-01T09:00:05.000Z",
                        "children": [],
                    }
                ],
            }
        ],
    }


def zipped(**files):
    """A ZIP; names are given with __ for a dot."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            text = content if isinstance(content, (str, bytes)) else json.dumps(content)
            archive.writestr(name.replace("__", "."), text)
    return out.getvalue()
