"""The first texts of the public site: pages, helplines, glossary, search settings, files; and their corrections.

`actions.seed_content` runs at each start. `memory`: what was created once. `pages`, `files`: how it is created.
`wording`: the words of a text, to be compared. `corrections`: what a later release does about untouched texts.
"""
