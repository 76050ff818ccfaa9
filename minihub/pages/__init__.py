"""Pages that show what happens inside a module: its graph with what a run computes, and what the engine makes of it.

    minihub.page("https://tfhub.dev/google/nnlm-en-dim128/1", ["a sentence"]).write("nnlm.html")

A page is one file of HTML that needs no network.  What is in it comes from strangers' modules, so nothing of that is ever taken for
markup, and the browser is told to run the page's own script alone and to fetch nothing.

Reading order: `contents` (what a page tells, as plain data), `summaries` (what there is to see of a tensor), `drawing` (what a graph
looks like as data), `bodies` (the same of the functions that it calls), `document` (data becomes HTML); `page.html`,
`page.css` and `page.js` are what a browser gets, with dagre, which finds places for the boxes.
"""

from __future__ import annotations

from minihub.pages.contents import Page, page

__all__ = ["Page", "page"]
