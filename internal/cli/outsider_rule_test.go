package cli

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"muster/internal/op"
	"muster/models"
)

// TestARuleKeepsOutOfEveryCommand holds that an owner who comes from outside
// the allowlist gets the rule from every command, and not a word of the
// organization's data before it (docs/rules.md, "Settings").
func TestARuleKeepsOutOfEveryCommand(t *testing.T) {
	aRuleKeepsOut(t, newStrangersHouse(t))
}

// forgetRefusals has the next refusal be in the log in full, however many there were.
func (h *strangersHouse) forgetRefusals(t *testing.T) {
	t.Helper()
	if _, err := h.db.ExecContext(t.Context(), "DELETE FROM refusals"); err != nil {
		t.Fatal(err)
	}
}

// loggedAsTried holds that the log says what somebody who was kept out tried to change,
// and not that they looked.
func (h *strangersHouse) loggedAsTried(t *testing.T, line string) {
	t.Helper()
	var action, outcome string
	if err := h.db.QueryRow("SELECT action, outcome FROM audit WHERE org_id = (SELECT id FROM organizations WHERE code = 'ACME') ORDER BY seq DESC LIMIT 1").Scan(&action, &outcome); err != nil {
		t.Fatal(err)
	}
	if outcome != string(models.OutcomeRefused) || action == "organization.show" || action == "organization.enter" {
		t.Errorf("%q is in the log as %s, %s", line, action, outcome)
	}
}

func aRuleKeepsOut(t *testing.T, h *strangersHouse) {
	if _, err := h.s.UpdateSettings(t.Context(), h.owner, "ACME", []models.SettingChange{{Key: models.SetIPAllowlist, Value: "198.51.100.0/24"}}, true); err != nil {
		t.Fatal(err)
	}
	rows := outsiderRows()
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		r := rows[name]
		for _, l := range r.lines {
			args, names := filled(l, h.real)
			h.forgetRefusals(t)
			got := h.run(h.owner, r.in, "", append(args, "--org", "ACME")...).without(names)
			if got.status == models.CodeDenied.ExitStatus() && op.Find(name).Changes {
				h.loggedAsTried(t, l)
			}
			if word := got.tells(inACME()); word != "" {
				t.Errorf("%q tells of %s: %+v", l, word, got)
			}
			// What answers to an invitation or a nomination, or asks to join, finds
			// nothing that is addressed to this owner, and enters nothing. Leaving always works.
			enters := r.own == "" && !slices.Contains([]string{"invitation.accept", "invitation.decline", "invitation.request", "member.leave", "member.leave.preview", "transfer.accept", "transfer.decline"}, name)
			if enters && (got.status != models.CodeDenied.ExitStatus() || !strings.Contains(got.errs, "certain networks") && !strings.Contains(got.out, "certain networks")) {
				t.Errorf("%q: %+v", l, got)
			}
		}
	}
	if got := h.run(h.owner, "", "", "switch", "ACME"); got.status != models.CodeDenied.ExitStatus() {
		t.Errorf("the rule fell meanwhile: %+v", got)
	}
}
