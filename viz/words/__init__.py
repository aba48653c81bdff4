"""What a person reads, as TOML: the words of the pages and the glossary."""
