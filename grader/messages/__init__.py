"""The words that people read: hints on errors, the meaning of codes and marks. Data and lookups only; decides nothing."""
