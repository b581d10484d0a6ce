module example.modular {
  requires dev.asyncpatterns;
}
