// SPDX-License-Identifier: EUPL-1.2
// The list beside the chat made live: its rows, their menu, the search. The page works without it.

import "./side_menu.js";
import "./side_search.js";

export { toTop } from "./side_list.js";
