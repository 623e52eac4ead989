# SPDX-License-Identifier: EUPL-1.2
"""Every dialect of an upstream, against the suite that is shipped for all of them."""

from hausgeist.gateway.providers.anthropic import AnthropicProvider
from hausgeist.gateway.providers.ollama import OllamaProvider
from hausgeist.gateway.providers.openai import OpenAIProvider
from hausgeist.testing.providers import ProviderContract
from hausgeist.testing.upstreams import AnthropicDialect, OllamaDialect, OpenAIDialect


class TestOpenAI(ProviderContract):
    """OpenAI's chat completions."""

    dialect = OpenAIDialect()

    def make(self, outbound, url):
        """The provider at its ``/v1``."""
        return OpenAIProvider("up", url + "/v1", outbound)


class TestOllama(ProviderContract):
    """Ollama's native dialect."""

    dialect = OllamaDialect()

    def make(self, outbound, url):
        """The provider at its root."""
        return OllamaProvider("up", url, outbound)


class TestAnthropic(ProviderContract):
    """Anthropic's messages."""

    dialect = AnthropicDialect()

    def make(self, outbound, url):
        """The provider at its root."""
        return AnthropicProvider("up", url, outbound)
