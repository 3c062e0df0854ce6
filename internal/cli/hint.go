package cli

import (
	"strings"

	"muster/internal/op"
)

// ofTheMachine are the commands behind what hints name and no operation is: they
// run beside the database only.
var ofTheMachine = map[string]string{
	"installation.init": "init", "installation.restore": "restore", "installation.doctor": "doctor",
}

// doorWords makes the command of this door from an operation that a hint names.
func (c *cli) doorWords(name, args string) string {
	line, ok := ofTheMachine[name]
	prefix := "muster"
	switch r := op.Find(name); {
	case ok:
	case r != nil:
		line = r.Command
		if c.env.Remote == nil {
			break
		}
		prefix = "ssh HOST"
		// Whoever has no account comes with the code as the login.
		if word, ok := strings.CutPrefix(line, "join CODE "); ok && c.env.Remote.Actor.UserID == "" {
			prefix, line = "ssh join+CODE@HOST", word
		}
	default:
		line = strings.ReplaceAll(name, ".", " ")
	}
	return "`" + strings.TrimSpace(prefix+" "+line+" "+args) + "`"
}
