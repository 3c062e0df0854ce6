package keys

import "fmt"

// Error says why keys cannot be bound as somebody wants it. Action and Other are
// the ids of those concerned, Other only where two want the same key.
type Error struct {
	Action, Other string
	Message       string
}

func (e *Error) Error() string { return "keys: " + e.Message }

func wrong(action, other, format string, args ...any) error {
	return &Error{Action: action, Other: other, Message: fmt.Sprintf(format, args...)}
}

// Keys gives the keys of every action by its id.
func (t *Table[C]) Keys() map[string][]string {
	all := map[string][]string{}
	for _, b := range t.all {
		all[b.ID] = b.Keys
	}
	return all
}
