package cli

import (
	"errors"

	"muster/models"
	"muster/tui/theme"
)

// colours are those of the configuration, nil for none. The error says where the one
// stands that cannot be, and what is allowed.
func (in installation) colours() (*theme.Colours, error) {
	c, err := theme.NewColours(in.Colours)
	var wrong *theme.ColourError
	if errors.As(err, &wrong) {
		name := "colours." + wrong.Name
		return nil, models.Invalid(name, "%s: %s: %s", in.Origin(name), models.SafeText(name), models.SafeText(wrong.Message)).WithHint("%s", wrong.Allowed)
	}
	return c, err
}
