// SPDX-License-Identifier: EUPL-1.2
// The session is over: to the login, and from there back to this page, where the draft still is.

export function toLogin() {
  location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
}
