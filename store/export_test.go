package store

// TextEnd is what the rows of the text indexes end in.
const TextEnd = textEnd
