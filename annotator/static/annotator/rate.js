// The rating page of a rater.

import { connect } from "./connection.js";
import { startPage } from "./page.js";

startPage(connect(document.getElementById("rate").dataset));
