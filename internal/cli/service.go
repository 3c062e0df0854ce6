package cli

import (
	"strconv"
	"strings"

	"muster/internal/op"
	"muster/models"
)

func serviceWords() map[string]words {
	return map[string]words{
		"service.list": shows(func(c *cli, page op.List[models.ServiceAccount]) error {
			rows := make([][]string, len(page.Items))
			for i, s := range page.Items {
				rows[i] = []string{s.Name, s.Given().Label(), string(s.Status), strconv.Itoa(s.Keys), s.Creator, c.ago(s.CreatedAt), s.ID}
			}
			return c.table([]string{"NAME", "ROLE", "STATUS", "KEYS", "BY", "CREATED", "ID"}, rows, page.Next, "there are no such service accounts")
		}),
		"service.show": shows(func(c *cli, s models.ServiceAccount) error {
			var in []string
			for _, w := range s.Workspaces {
				in = append(in, w.Name+" ("+string(w.Role)+")")
			}
			left := ""
			if s.CreatorLeft {
				left = " (left the organization)"
			}
			return c.facts("name", s.Name, "id", s.ID, "what for", s.Description, "role", s.Given().Label(), "status", string(s.Status), "workspaces", strings.Join(in, ", "),
				"working keys", strconv.Itoa(s.Keys), "created", c.at(s.CreatedAt)+" by "+s.Creator+left, "cannot change", s.NoChange)
		}),
		"service.create": shows(func(c *cli, s models.ServiceAccount) error {
			if err := c.say("made the service account %s (%s) as %s", s.Name, s.ID, s.Given().Label()); err != nil {
				return err
			}
			c.note("make it a key: muster api-key create --label LABEL --service %s", s.ID)
			return nil
		}),
		"service.update": says(func(_ *cli, s models.ServiceAccount) string {
			return "changed the service account " + s.Name + ": " + s.Given().Label() + ", " + string(s.Status)
		}),
		"service.remove": asking(says(func(_ *cli, r models.ServiceConsequences) string {
			return "removed the service account " + r.Service.Name + " and " + count(r.Keys, "working key", "working keys")
		}), func(_ *cli, r models.ServiceConsequences) string {
			return "remove the service account " + r.Service.Name + "?"
		}),
		"service.remove.preview": shows(func(c *cli, r models.ServiceConsequences) error {
			return c.say("removing the service account %s (%s) of %s for good: %s of it", r.Service.Name, r.Service.ID, c.hereInFull(), stops(r.Keys))
		}),
	}
}

func stops(keys int) string {
	if keys == 1 {
		return "1 working key stops"
	}
	return strconv.Itoa(keys) + " working keys stop"
}
