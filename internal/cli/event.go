package cli

import (
	"muster/internal/op"
	"muster/internal/output"
	"muster/models"
)

func eventWords() map[string]words {
	return map[string]words{
		"event.list":   shows((*cli).auditEntries),
		"event.follow": shows((*cli).follow),
	}
}

// follow writes events as they come, until the caller leaves.
func (c *cli) follow(e op.Events) error {
	if r := c.env.Remote; r != nil && r.Actor.Via == models.ViaAPI {
		return usage("a command over HTTP has an end, and following has none").WithHint("use: GET /v1/orgs/{org}/events")
	} else if r != nil && r.Wait != nil {
		defer r.Wait()()
	}
	return e.Follow(func(entry op.AuditEntry) error { return output.JSON(c.out, entry) }, func() error { return nil })
}
