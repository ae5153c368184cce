// The rating page of a rater.

import { startPage } from "./page.js";
import { Server } from "./server.js";
import { storage } from "./storage.js";

const page = document.getElementById("rate").dataset;
const token = document.querySelector("[name=csrfmiddlewaretoken]").value;

startPage({ server: new Server(page, token), storage, leave: () => location.assign(page.thanks) });
