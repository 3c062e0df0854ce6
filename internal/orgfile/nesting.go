package orgfile

import (
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"muster/models"
)

// MaxNesting is how deep values may lie in each other, which is more than any file has:
// a permission stands in a list of a role, which stands in a list.
const MaxNesting = 16

// MaxTokens is how many words and marks a file may have: what two megabytes of members
// take.
const MaxTokens = 400_000

// shallow refuses values that lie in each other deeper than those of a file. The
// library keeps the whole path of each value, so that memory goes by the square of the
// depth: half a megabyte of brackets would take ten gigabytes. Depth by indentation needs
// no bound of its own, since the text grows by its square too.
func shallow(text []byte) error {
	tokens := lexer.Tokenize(string(text))
	if len(tokens) > MaxTokens {
		return models.Invalid("file", "the file has more than %d words and marks", MaxTokens)
	}
	open, inLine, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, inLine = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			open++
		case token.SequenceEndType, token.MappingEndType:
			open--
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType, token.AnchorType, token.TagType:
			if open == 0 { // within brackets they nest nothing
				inLine++
			}
		}
		if open > MaxNesting || inLine > MaxNesting {
			return at(line, "values are nested more than %d deep", MaxNesting)
		}
	}
	return nil
}
