package store

import (
	"fmt"

	"muster/models"
)

// finals are changes that nothing takes back, with what helps instead. Whoever
// wants their last change undone hears so, and no earlier one is undone in its place.
var finals = map[string]string{
	"invitation.revoke": "its code stays dead; invite anew with {invitation.create --email %s}",
	"link.revoke":       "its code stays dead; make another one with {link.create}",
	"member.remove":     "bring them back with {member.restore %s}",
}

// lastFinal is the newest of them, nil for none. What else was revoked with a
// removal is not what its actor did last.
func lastFinal(entries []models.AuditEntry) *models.AuditEntry {
	var last *models.AuditEntry
	for i, e := range entries {
		switch {
		case finals[e.Action] == "":
		case last == nil:
			last = &entries[i]
		case last.At.Equal(e.At) && e.Action == "member.remove":
			return &entries[i]
		}
	}
	return last
}

// stays refuses to undo where the last change is a final one. before is the one
// that could be undone.
func stays(last models.AuditEntry, before *models.HistoryEntry) error {
	hint := finals[last.Action]
	if last.Action != "link.revoke" {
		hint = fmt.Sprintf(hint, last.TargetLabel)
	}
	if before != nil {
		hint += fmt.Sprintf("; {history.undo %s} undoes what you did before: %s", before.Number(), before.Text())
	}
	return models.Errorf(models.CodeConflict, "your last change cannot be undone: %s %s", last.Action, models.SafeText(last.TargetLabel)).WithHint("%s", hint)
}
