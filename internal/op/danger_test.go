package op_test

import (
	"slices"
	"strings"
	"testing"

	"muster/internal/op"
)

// takenBack says of each change that nobody is asked about how it is taken back:
// by which operation, or why nothing is lost.
func takenBack() map[string]string {
	const (
		nothing = "nothing is lost: "
		itself  = "nothing is lost: the same operation sets it back"
	)
	return map[string]string{
		"api_key.create":          "api_key.revoke",
		"api_key.rotate":          nothing + "the next key stands in its place, and the old one goes on for the overlap",
		"api_key.update":          itself,
		"audit.export":            nothing + "it reads",
		"certificate.issue":       nothing + "it expires, and names no more than its holder is",
		"code.accept":             "member.leave",
		"code.decline":            nothing + "whoever invited can invite again",
		"code.request":            "invitation.withdraw",
		"invitation.accept":       "member.leave",
		"invitation.approve":      "invitation.undo",
		"invitation.code":         nothing + "it shows what there is",
		"invitation.create":       "invitation.revoke",
		"invitation.delete":       itself,
		"invitation.decline":      nothing + "whoever invited can invite again",
		"invitation.import":       "invitation.revoke",
		"invitation.regenerate":   nothing + "the new code is sent in place of the old one",
		"invitation.reject":       "invitation.undo",
		"invitation.request":      "invitation.withdraw",
		"invitation.resend":       nothing + "the code stays",
		"invitation.undo":         "invitation.approve",
		"invitation.withdraw":     nothing + "the same person can propose it again",
		"key.add":                 "key.remove",
		"key.pair":                nothing + "the code expires",
		"key.rename":              itself,
		"link.code":               nothing + "it shows what there is",
		"link.create":             "link.revoke",
		"member.add":              "member.remove",
		"member.end":              itself,
		"member.reactivate":       "member.suspend",
		"member.restore":          "member.remove",
		"member.role":             itself,
		"member.suspend":          "member.reactivate",
		"organization.apply":      nothing + "without --yes it only lists, and what removes wants --max-removals",
		"organization.create":     "organization.delete",
		"organization.restore":    "organization.delete",
		"organization.switch":     itself,
		"organization.update":     itself,
		"organization.upgrade":    "organization.delete",
		"payment.add":             "payment.remove",
		"payment.default":         itself,
		"payment.remove":          "payment.add",
		"plan.set":                itself,
		"project.create":          "project.delete",
		"project.update":          itself,
		"role.create":             "role.delete",
		"role.update":             itself,
		"history.redo":            "history.undo",
		"history.undo":            "history.redo",
		"second_factor.confirm":   "second_factor.disable",
		"second_factor.enrol":     nothing + "it counts once it is confirmed",
		"second_factor.recovery":  nothing + "the new codes are shown in place of the old ones",
		"second_factor.verify":    nothing + "it expires",
		"service.create":          "service.remove",
		"service.update":          itself,
		"webhook.create":          "webhook.delete",
		"webhook.redeliver":       nothing + "the receiver knows it by its id",
		"webhook.rotate":          nothing + "the old secret signs as well for the overlap",
		"webhook.test":            nothing + "it sends that it was tried",
		"webhook.update":          itself,
		"settings.update":         itself,
		"transfer.accept":         "transfer.nominate",
		"transfer.cancel":         "transfer.nominate",
		"transfer.decline":        "transfer.nominate",
		"transfer.nominate":       "transfer.cancel",
		"user.create":             "user.delete",
		"user.edit":               itself,
		"user.enrol":              nothing + "the new code is shown in place of the old one",
		"user.bind":               itself,
		"user.prefer":             itself,
		"user.reset_bindings":     "user.bind",
		"user.invite":             "user.delete",
		"user.reactivate":         "user.suspend",
		"user.sign_up":            "user.delete",
		"user.suspend":            "user.reactivate",
		"user.update":             itself,
		"view.delete":             "view.save",
		"view.rename":             itself,
		"view.save":               "view.delete",
		"workspace.add_member":    "workspace.remove_member",
		"workspace.change_role":   itself,
		"workspace.create":        "workspace.delete",
		"workspace.remove_member": "workspace.add_member",
		"workspace.switch":        itself,
		"workspace.update":        itself,
	}
}

// TestWhatCannotBeTakenBackIsConfirmed holds that a change is either confirmed, or
// can be taken back.
func TestWhatCannotBeTakenBackIsConfirmed(t *testing.T) {
	for _, r := range op.All() {
		back := takenBack()[r.Name]
		switch {
		case r.Confirm != nil && !r.Changes:
			t.Errorf("%s is confirmed and changes nothing", r.Name)
		case r.Changes && r.Confirm == nil && back == "":
			t.Errorf("%s changes something, asks nobody, and nothing says how it is cancelled", r.Name)
		case back != "" && (r.Confirm != nil || !r.Changes):
			t.Errorf("%s is said to be taken back (%s), and is confirmed or changes nothing", r.Name, back)
		case back != "" && !strings.HasPrefix(back, "nothing is lost: ") && (op.Find(back) == nil || !op.Find(back).Changes):
			t.Errorf("%s is said to be taken back by %s, which is no operation that could", r.Name, back)
		}
	}
	for name := range takenBack() {
		if op.Find(name) == nil {
			t.Errorf("there is no operation %q any more", name)
		}
	}
}

// TestChangesNameTheirOrganization holds that each change is in an organization
// that its answer names, unless it is said here why it is in none.
func TestChangesNameTheirOrganization(t *testing.T) {
	const (
		account = "it is about an account"
		hidden  = "the answer does not tell whether there is such an organization"
	)
	none := map[string]string{
		"code.request": hidden, "invitation.request": hidden, "second_factor.reset": account, "organization.purge": "it is gone", "user.sign_up": account, "user.invite": account, "user.update": account, "user.prefer": account, "user.bind": account, "user.reset_bindings": account,
		"key.add": account, "key.pair": account, "key.remove": account, "key.rename": account,
		"second_factor.confirm": account, "second_factor.disable": account, "second_factor.enrol": account, "second_factor.recovery": account, "second_factor.verify": account,
	}
	var seen []string
	for _, r := range op.All() {
		if !r.Changes {
			continue
		}
		seen = append(seen, r.Name)
		if why := none[r.Name]; r.InOrganization() == (why != "") {
			t.Errorf("%s is in an organization %v, and said to be in none %q", r.Name, r.InOrganization(), why)
		}
	}
	for name := range none {
		if !slices.Contains(seen, name) {
			t.Errorf("%q changes nothing, and is listed", name)
		}
	}
}
