# SPDX-License-Identifier: EUPL-1.2
"""The edge: HTTP in, HTTP out. No rules here.

``routes`` declares every path with who may use it; ``asgi`` turns a request into a ``Visit``, asks the one
authorisation function, calls the endpoint and maps errors to the caller's dialect.
"""
