# SPDX-License-Identifier: EUPL-1.2
"""The openai client asks the same thing, whole and as a stream: what it says, and who answered."""

import json
import os
import sys

from openai import OpenAI

client = OpenAI(
    base_url=os.environ["HOUSE_URL"] + "/v1", api_key=os.environ["HOUSE_KEY"], max_retries=0
)
asked = {
    "model": "echo",
    "messages": [
        {"role": "system", "content": os.environ["SYSTEM"]},
        {"role": "user", "content": os.environ["TEXT"]},
    ],
}
raw = client.chat.completions.with_raw_response.create(**asked)
whole = raw.parse()
stream = client.chat.completions.create(
    **asked, stream=True, stream_options={"include_usage": True}
)
pieces, tokens = [], 0
for chunk in stream:
    pieces += [one.delta.content or "" for one in chunk.choices]
    tokens = chunk.usage.total_tokens if chunk.usage else tokens
sys.stdout.write(
    json.dumps(
        {
            "said": whole.choices[0].message.content,
            "streamed": "".join(pieces),
            "by": raw.headers.get("x-answered-by", ""),
            "model": whole.model,
            "finish": whole.choices[0].finish_reason,
            "counted": whole.usage.total_tokens > 0 and tokens > 0,
        }
    )
)
