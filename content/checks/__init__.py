"""What a page is asked before and after it is published: numbers, words, links, headings, pictures, readability."""
