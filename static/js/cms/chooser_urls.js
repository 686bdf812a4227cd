// Where wagtail-localize's editor finds the choosers. Not a module: it must stand before the editor's own script.
window.chooserUrls ??= {
  imageChooser: document.currentScript.dataset.imageChooser,
  documentChooser: document.currentScript.dataset.documentChooser,
  pageChooser: document.currentScript.dataset.pageChooser,
};
