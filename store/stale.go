package store

import (
	"context"
	"strings"

	"muster/models"
)

// conflict refuses a change of fields that somebody else has changed since they
// were read, and says who did, and when. The caller has made sure that the actor
// may change them: to others the answer would tell what is in the log.
func (t *tx) conflict(ctx context.Context, on event, orgID string, stale []models.Stale) error {
	since, err := collect(ctx, t, scanAudit(), "SELECT "+auditColumns+` FROM audit
		WHERE org_id = $1 AND target_id = $2 AND target_type = $3 AND outcome = 'done' ORDER BY seq DESC LIMIT $4`,
		orgID, on.targetID, on.targetType, conflictLookback)
	if err != nil {
		return err
	}
	for i := range stale {
		for _, e := range since {
			if changedField(e, stale[i].Field, on.targetType) {
				stale[i].By, stale[i].At = e.ActorEmail, e.At
				if stale[i].By == "" {
					stale[i].By = "muster itself"
				}
				break
			}
		}
	}
	return models.Conflict(stale)
}

// conflictLookback is how many entries of a thing are looked through for who
// changed a field of it. It was a moment ago.
const conflictLookback = 100

// changedField tells whether an entry changed a field. What a role allows is one
// field there.
func changedField(e models.AuditEntry, field, targetType string) bool {
	if targetType == "role" && strings.Contains(field, ".") {
		field = "permissions"
	}
	_, ok := changedFields(e).values[field]
	return ok
}
