"""Checks of a page before and after it is published: numbers, hotlines, words, links, files, pictures."""
