// allauth's script only writes to the console when a security key fails or its window is closed. People need words.

const told = document.getElementById("key-failed");

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  told.hidden = true; // hidden and shown again, so that a second failure is announced too
  requestAnimationFrame(() => {
    told.hidden = false;
  });
});
