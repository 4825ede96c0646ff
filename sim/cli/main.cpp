// The one executable; subcommands are added beside this file.
int main() { return 0; }
