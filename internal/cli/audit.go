package cli

import (
	"time"

	"muster/internal/op"
	"muster/models"
)

func auditWords() map[string]words {
	verify := shows(func(c *cli, r op.ChainReport) error {
		if !r.OK {
			return nil
		}
		return c.say("the audit log of %s is intact: %s", c.where, count(int(r.Entries), "entry", "entries"))
	})
	return map[string]words{
		"audit.list":   shows((*cli).auditEntries),
		"audit.export": shows(func(c *cli, s op.Stream) error { return s.Write(c.out) }),
		"audit.verify": judged(verify, func(c *cli, r op.ChainReport) error {
			if r.OK {
				return nil
			}
			return models.Errorf(models.CodeInternal, "the audit log of %s is broken at entry %d: %s", c.where, r.Broken, r.Why).
				WithHint("somebody changed the database outside muster; compare it with a backup")
		}),
	}
}

func (c *cli) auditEntries(page op.List[op.AuditEntry]) error {
	rows, zone := make([][]string, len(page.Items)), c.zone()
	for i, e := range page.Items {
		out := string(e.Outcome)
		if e.Reason != "" {
			out += ": " + e.Reason
		}
		who := e.ShownActor()
		if e.OnBehalfOf != "" {
			who += " for " + e.OnBehalfOf
		}
		rows[i] = []string{e.At.In(zone).Format(time.DateTime), who, string(e.ActingAs), e.Action, e.TargetLabel, string(e.Via), out}
	}
	return c.table([]string{"WHEN (" + c.env.Now().In(zone).Format("MST") + ")", "WHO", "AS", "ACTION", "ON", "VIA", "OUTCOME"}, rows, page.Next, "no entries match")
}
