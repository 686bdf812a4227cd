"""The screens on which texts are read, proposed, decided and shown as their recipients see them."""
