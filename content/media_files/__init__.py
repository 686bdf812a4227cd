"""Serving of images and documents of public pages, whole or in parts."""
