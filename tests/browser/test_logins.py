# SPDX-License-Identifier: EUPL-1.2
"""Login sources in a real browser: set up by an administrator, used by a person, with and without scripts."""

import idp
import pytest
from playwright.sync_api import expect
from ports import free_port
from sourced import oidc
from visitors import PASSWORD, Server

from hausgeist.core.people import Role
from hausgeist.identity.sources import LdapSettings, Rule

pytestmark = [pytest.mark.browser, pytest.mark.idp]


@pytest.fixture
def house(tmp_path):
    """A house under an address that a provider knows."""
    port = free_port()
    server = Server(tmp_path / "home", port=port, public_url=f"http://127.0.0.1:{port}")
    server.url = server.settings.public_url
    server.person("anna", Role.ADMIN)
    yield server
    server.stop()


@pytest.fixture
def provider(house):
    """A real OpenID provider that knows the house."""
    running = idp.Provider([idp.client(house.url)])
    yield running
    running.stop()


@pytest.fixture
def window(browser, house):
    """Opens windows that reach this machine only; the house's own pages must not complain."""
    contexts, complaints = [], []

    def open_window(*, width=1440, language="de", dark=False, script=True):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale={"de": "de-DE", "en": "en-GB"}[language],
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        context.route(lambda url: "//127.0.0.1:" not in url, lambda route: route.abort())
        page = context.new_page()
        page.on(
            "console",
            lambda m: (
                complaints.append(m.text)
                if m.type in {"error", "warning"} and page.url.startswith(house.url)
                else None
            ),
        )
        return page

    open_window.complaints = complaints
    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


def enter(page, house):
    """Log in as the administrator."""
    page.goto(f"{house.url}/login")
    page.fill("[name=name]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{house.url}/")


def put(house, source, settings, secret="x"):
    """A source that is on."""
    logins = house.house.logins
    house.call(lambda: logins.save(source, settings, by="test", secret=secret, new=True))
    house.call(lambda: logins.set_enabled(source, enabled=True, by="test"))


def test_from_the_form_to_a_login_by_the_provider(house, provider, window, look, axe):
    """An administrator fills the form in, tests, switches on; a person comes in by the button, and leaves."""
    admin = window()
    enter(admin, house)
    admin.goto(f"{house.url}/admin/logins")
    assert axe(admin) == []
    look(admin, "logins-none")
    admin.click("a[href$='kind=oidc']")
    admin.fill("[name=title]", "Stadt-Konto")
    admin.fill("[name=id]", "idp")
    admin.fill("[name=issuer]", provider.issuer)
    admin.fill("[name=client_id]", idp.CLIENT)
    admin.fill("[name=secret]", idp.SECRET)
    admin.fill("[name=scopes]", "openid profile groups")
    admin.check("[name=private]")
    admin.fill("[name=theirs0]", "bau")
    admin.fill("[name=ours0]", "bauamt")
    admin.check("[name=pays0]")
    assert axe(admin) == []
    admin.locator("form.stack button.button--primary").click()
    admin.wait_for_url("**/admin/logins/idp?done=saved")
    admin.locator("form[action$='/test'] button").click()
    expect(admin.locator(".notice--good")).to_be_visible()
    assert axe(admin) == []
    look(admin, "login-source")
    admin.goto(f"{house.url}/admin/logins")
    admin.locator("form[action$='/enable'] button").click()
    expect(admin.locator(".badge--good")).to_be_visible()
    assert axe(admin) == []
    look(admin, "logins")

    page = window(width=360)
    page.goto(f"{house.url}/account")
    assert axe(page) == []
    look(page, "login-sources-narrow")
    page.click("text=Stadt-Konto")
    page.fill("[name=login]", "b-2")
    page.fill("[name=password]", "any")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{house.url}/account")
    bernd = house.call(lambda: house.house.identity.people.by_login("bernd"))
    assert (bernd.name, bernd.group) == ("Bernd Bär", "bauamt")
    page.goto(f"{house.url}/account")
    page.evaluate("document.querySelector('form[action=\"/logout\"]').requestSubmit()")
    page.wait_for_url("**/login?left=idp")
    look(page, "login-left-narrow")
    assert axe(page) == []
    page.click("a[href='/sso/idp/logout']")
    page.wait_for_url(f"{provider.issuer}/**")


def test_the_login_works_without_scripts(house, provider, window):
    """A link, the provider's form, a redirect: nothing of it needs a script of ours."""
    put(house, "idp", oidc(provider.issuer), idp.SECRET)
    page = window(script=False)
    page.goto(f"{house.url}/login?next=/account")
    page.click("text=Stadt-Konto")
    page.fill("[name=login]", "b-2")
    page.fill("[name=password]", "any")
    page.click("button[type=submit]")
    page.wait_for_url(f"{house.url}/account")


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_pages_of_a_directory(house, window, look, axe, language):
    """The long form, the login page with two ways, and what went wrong; narrow and light, wide and dark."""
    dark, width = (False, 360) if language == "de" else (True, 1440)
    put(
        house,
        "netz",
        LdapSettings(
            title="Stadtnetz",
            url="ldaps://127.0.0.1:1",
            base="dc=example,dc=org",
            rules=(Rule("cn=bauamt,ou=groups,dc=example,dc=org", "bauamt", pays=True),),
        ),
    )
    put(house, "idp", oidc("http://127.0.0.1:1"), idp.SECRET)
    anna = house.call(lambda: house.house.identity.people.by_login("anna"))
    house.call(lambda: house.house.identity.people.set_profile(anna.id, locale=language))
    house.call(
        lambda: house.house.logins.link("netz", "anna", "8fa7ddf2-7a82-1041-93cb", by="test")
    )
    admin = window(width=width, language=language, dark=dark)
    enter(admin, house)
    for path, name in (("/admin/logins/netz", "ldap"), ("/admin/logins", "list")):
        admin.goto(f"{house.url}{path}")
        assert axe(admin) == []
        assert admin.evaluate("document.documentElement.scrollWidth <= innerWidth")
        look(admin, f"logins-{name}-{language}-{width}")
    admin.goto(f"{house.url}/admin/logins/netz")
    admin.locator("form[action$='/test'] button").click()
    expect(admin.locator(".notice--bad")).to_be_visible()
    page = window(width=width, language=language, dark=dark)
    page.goto(f"{house.url}/login")
    look(page, f"login-both-{language}-{width}")
    assert axe(page) == []
    page.goto(f"{house.url}/sso/idp/login")
    look(page, f"login-broken-{language}-{width}")
    assert axe(page) == []
    window.complaints.clear()  # the browser notes the 502 that was asked for
