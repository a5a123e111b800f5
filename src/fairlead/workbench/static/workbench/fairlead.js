// The workbench's own script: press-and-hold, keyboard, pan and zoom. Everything else works without it.
"use strict";
