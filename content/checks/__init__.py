"""What a page is asked before and after it is published: numbers, helplines, words, links, files, pictures."""
