package op

import (
	"strings"

	"muster/models"
)

// inFilter are the words of a filter behind a list command, in the grammar that
// the lists of the app have.
type inFilter struct {
	Filter []string `arg:"[FILTER]" query:"filter" complete:"filter" help:"words and NAME:VALUE that narrow the list"`
}

// text is the filter with what options ask for as well, in pairs of name and
// value.
func (in inFilter) text(options ...string) string {
	words := make([]string, 0, len(in.Filter)+len(options)/2)
	for i := 0; i+1 < len(options); i += 2 {
		if options[i+1] != "" {
			words = append(words, models.FilterTerm{Name: options[i], Value: strings.TrimSpace(options[i+1])}.String())
		}
	}
	return strings.Join(append(words, in.Filter...), " ")
}

// FilterOf is what a list command can be narrowed by, nil for one that cannot.
func FilterOf(name string) *models.Filter {
	switch name {
	case "member.list":
		return models.MemberFilter()
	case "invitation.list":
		return models.InvitationFilter()
	case "user.list":
		return models.AccountFilter()
	case "organization.list_all", "organization.deleted":
		return models.OrgFilter()
	case "api_key.list":
		return models.APIKeyFilter()
	case "service.list":
		return models.ServiceFilter()
	case "webhook.list":
		return models.WebhookFilter()
	case "webhook.deliveries":
		return models.DeliveryFilter()
	case "link.list":
		return models.LinkFilter()
	case "audit.list", "audit.export":
		return models.AuditFilter()
	case "member.former", "workspace.members":
		return models.PeopleFilter()
	case "workspace.list", "project.list":
		return models.NameFilter()
	}
	return nil
}
