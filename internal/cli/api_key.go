package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"muster/internal/op"
	"muster/models"
)

func apiKeyWords() map[string]words {
	return map[string]words{
		"api_key.list": shows(func(c *cli, page op.List[models.APIKey]) error {
			rows := make([][]string, len(page.Items))
			for i, k := range page.Items {
				rows[i] = []string{k.Label, string(k.Kind), keyHolder(k), keyStatus(k), shortScopes(k.Scopes), c.agoOr(k.LastUsedAt, "never"), c.dateOr(k.ExpiresAt, "never"), k.ID}
			}
			return c.table([]string{"LABEL", "KIND", "FOR", "STATUS", "SCOPES", "LAST USED", "EXPIRES", "ID"}, rows, page.Next, "there are no such API keys")
		}),
		"api_key.show":   shows((*cli).showAPIKey),
		"api_key.create": shows(func(c *cli, k models.SecretKey) error { return c.secretKey("made", k) }),
		"api_key.update": says(func(_ *cli, k models.APIKey) string { return "changed the API key " + k.Label + " (" + k.ID + ")" }),
		"api_key.rotate": shows(func(c *cli, k models.SecretKey) error { return c.secretKey("made the next key of", k) }),
		"api_key.revoke": asking(says(func(_ *cli, k models.APIKey) string { return "revoked the API key " + k.Label + " (" + k.ID + ")" }),
			func(_ *cli, k models.APIKey) string { return "revoke the API key " + k.Label + "?" }),
		"api_key.revoke.preview": shows(func(c *cli, k models.APIKey) error {
			return c.say("revoking the API key %s (%s) for %s, last used %s: programs that use it are refused at once", k.Label, k.ID, keyHolder(k), c.agoOr(k.LastUsedAt, "never"))
		}),
		"api_key.verify": shows((*cli).showVerdict),
		"api_key.usage": shows(func(c *cli, u op.KeyUsage) error {
			rows := make([][]string, len(u.Days))
			for i, d := range u.Days {
				rows[i] = []string{d.Day, strconv.Itoa(d.Uses), strconv.Itoa(d.Denied), strconv.Itoa(d.Cost)}
			}
			if err := c.table([]string{"DAY", "USES", "REFUSED", "CREDITS"}, rows, "", ""); err != nil {
				return err
			}
			limit := "no limit"
			if u.Credits.Limit > 0 {
				limit = fmt.Sprintf("of %d", u.Credits.Limit)
			}
			c.note("credits in %s: %d used, %s; they come back on %s", u.Credits.Month, u.Credits.Used, limit, u.Credits.ResetsAt.Format(time.DateOnly))
			return nil
		}),
	}
}

// secretKey shows a key with its secret on a line of its own, so that it can be
// taken from there.
func (c *cli) secretKey(made string, k models.SecretKey) error {
	if err := c.say("%s", k.Secret); err != nil {
		return err
	}
	until := "and never expires"
	if k.ExpiresAt != nil {
		until = "until " + c.at(*k.ExpiresAt)
	}
	c.note("%s the API key %s (%s), for %s, %s", made, k.Label, k.ID, keyHolder(k.APIKey), until)
	c.note("this is its secret: keep it now, it is never shown again")
	return nil
}

func keyHolder(k models.APIKey) string {
	h := k.Holder()
	if k.CreatorLeft {
		h += " (" + k.Creator + " left)"
	}
	return h
}

func keyStatus(k models.APIKey) string {
	if k.NoUse != "" {
		return string(k.State) + ", refused"
	}
	if k.ReplacedBy != "" && k.State == models.APIKeyActive {
		return string(k.State) + ", rotated"
	}
	return string(k.State)
}

// shortScopes is a list of scopes for a column.
func shortScopes(scopes []string) string {
	if len(scopes) > 2 {
		return strings.Join(scopes[:2], ", ") + fmt.Sprintf(" +%d", len(scopes)-2)
	}
	return strings.Join(scopes, ", ")
}

func (c *cli) dateOr(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return c.date(*t)
}

func (c *cli) showAPIKey(k models.APIKey) error {
	rate := ""
	if k.Rate > 0 {
		rate = fmt.Sprintf("%d a minute", k.Rate)
	}
	left := ""
	if k.CreatorLeft {
		left = " (left the organization)"
	}
	last := c.atOr(k.LastUsedAt, "never")
	if k.LastAddress != "" {
		last += " from " + k.LastAddress
	}
	return c.facts("label", k.Label, "id", k.ID, "kind", string(k.Kind), "for", k.Holder(), "role", k.RoleName, "status", string(k.State), "refused because", k.NoUse,
		"scopes", strings.Join(k.Scopes, ", "), "workspace", k.Workspace, "project", k.Project, "addresses", strings.Join(k.Addresses, ", "), "rate", rate,
		"created", c.at(k.CreatedAt)+" by "+k.Creator+left, "expires", c.atOr(k.ExpiresAt, "never"), "last used", last, "replaced by", k.ReplacedBy,
		"revoked", c.atOr(k.RevokedAt, ""), "revoked by", k.RevokedBy, "revoked because", k.RevokedWhy)
}

func (c *cli) showVerdict(v models.KeyVerdict) error {
	if !v.Valid {
		return c.say("not valid: %s", v.Code)
	}
	limit := func(l *models.KeyLimit) string {
		if l == nil {
			return ""
		}
		return fmt.Sprintf("%d of %d left", l.Remaining, l.Limit)
	}
	var places []string
	for _, w := range v.Workspaces {
		places = append(places, w.Name+" ("+w.Role+")")
	}
	who := v.Subject.Name
	if v.Subject.Email != "" {
		who += " <" + v.Subject.Email + ">"
	}
	return c.facts("code", string(v.Code), "key", v.Key.ID+" "+v.Key.Label, "expires", c.atOr(v.Key.ExpiresAt, "never"), "organization", v.Organization.Code+" on "+v.Organization.Plan,
		v.Subject.Type, who, "role", v.Subject.Role, "scopes", strings.Join(v.Scopes, ", "), "workspaces", strings.Join(places, ", "), "rate", limit(v.Rate), "credits", limit(v.Credits))
}
