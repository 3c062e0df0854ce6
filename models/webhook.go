package models

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// WebhookStatus says whether a webhook is sent events.
type WebhookStatus string

// The statuses of a webhook.
const (
	WebhookActive   WebhookStatus = "active"
	WebhookDisabled WebhookStatus = "disabled" // by somebody
	WebhookFailed   WebhookStatus = "failed"   // by muster: Reason says why
)

// WebhookStatuses are all statuses.
func WebhookStatuses() []WebhookStatus {
	return []WebhookStatus{WebhookActive, WebhookDisabled, WebhookFailed}
}

// The ids of webhooks and deliveries begin with these. A delivery's is the
// webhook-id that the receiver sees.
const (
	WebhookIDPrefix  = "whk_"
	DeliveryIDPrefix = "msg_"
)

// The limits on webhooks.
const (
	MaxWebhooks      = 20 // of an organization
	MaxWebhookEvents = 50 // names or prefixes that one lists
	MaxWebhookURL    = 2000
	// WebhookFailTime is how long every delivery has to fail before the webhook is
	// disabled.
	WebhookFailTime = 5 * 24 * time.Hour
	// WebhookKeep is how long a delivery that is over stays in the list.
	WebhookKeep = 30 * 24 * time.Hour
)

// AllEvents is what a webhook lists that is sent every event.
const AllEvents = "*"

// Webhook is a program elsewhere that is sent the events of an organization.
type Webhook struct {
	ID          string        `json:"id"`
	OrgID       string        `json:"organization_id"`
	URL         string        `json:"url"`
	Events      []string      `json:"events"` // actions, groups of them like member.*, or *
	Description string        `json:"description"`
	Status      WebhookStatus `json:"status"`
	Reason      string        `json:"reason"`              // why muster disabled it
	OldUntil    *time.Time    `json:"old_secret_until"`    // how long the secret before signs as well
	FailingFrom *time.Time    `json:"failing_since"`       // the first failure after the last success
	LastAt      *time.Time    `json:"last_attempt_at"`     // of any delivery
	LastStatus  int           `json:"last_status"`         // of HTTP, 0 for no answer
	LastError   string        `json:"last_error"`          // "" where it was delivered
	Queued      int           `json:"queued"`              // deliveries that wait
	Behind      int64         `json:"behind"`              // events that were not looked at yet
	CreatorID   string        `json:"creator_id"`          //
	Creator     string        `json:"created_by"`          // address
	CreatedAt   time.Time     `json:"created_at"`          //
	NoChange    string        `json:"no_change,omitempty"` // why the actor may not change it
}

// Host is what a list shows of the URL.
func (w Webhook) Host() string {
	if u, err := url.Parse(w.URL); err == nil {
		return u.Host
	}
	return ""
}

// Wants tells whether a webhook is sent the events of an action.
func (w Webhook) Wants(action string) bool { return WantsEvent(w.Events, action) }

// WantsEvent tells whether a list of names and groups holds an action.
func WantsEvent(events []string, action string) bool {
	return slices.ContainsFunc(events, func(e string) bool {
		group, ok := strings.CutSuffix(e, "*")
		return e == action || ok && strings.HasPrefix(action, group)
	})
}

// SecretWebhook is a webhook with the secret that its deliveries are signed with,
// which is shown once.
type SecretWebhook struct {
	Webhook
	Secret string `json:"secret"`
}

// NewWebhook is what is asked for when making a webhook.
type NewWebhook struct {
	URL         string
	Events      []string // none are all
	Description string
}

// WebhookChange is what to change of a webhook; nil leaves it as it is.
type WebhookChange struct {
	URL         *string
	Events      *[]string
	Description *string
	Status      *WebhookStatus // active or disabled
}

// Empty tells whether nothing is to be changed.
func (c WebhookChange) Empty() bool {
	return c.URL == nil && c.Events == nil && c.Description == nil && c.Status == nil
}

// WebhookQuery asks for a page of webhooks, the newest first.
type WebhookQuery struct {
	Search string
	Terms  Terms // beside Search
	Status WebhookStatus
	Limit  int
	After  string
	Before string
}

// WebhookFilter filters webhooks.
func WebhookFilter() *Filter {
	return &Filter{Words: "a URL or a description", Names: []FilterName{
		{Name: "status", Help: "active, disabled or failed", Values: names(WebhookStatuses())},
	}}
}

// Filter narrows the query by a filter.
func (q WebhookQuery) Filter(text string) (WebhookQuery, error) {
	err := WebhookFilter().each(text, &q.Terms, func(t FilterTerm) error { // status has no other beside it
		return once(&q.Status, WebhookStatus(t.Value), t)
	})
	return q, err
}

// ParseWebhookStatus reads a status; "" is any.
func ParseWebhookStatus(s string) (WebhookStatus, error) {
	v := WebhookStatus(strings.ToLower(strings.TrimSpace(s)))
	if v == "" || slices.Contains(WebhookStatuses(), v) {
		return v, nil
	}
	return "", Invalid("status", "status %q is not one of active, disabled, failed", clip(SafeText(s), 20))
}

// CheckWebhooks holds the rule for everything about webhooks: who has one hears
// what the audit log says, for as long as it is there.
func (a Access) CheckWebhooks() error {
	if err := a.Require(PermSettings); err != nil {
		return err
	}
	return a.Require(PermAudit)
}

// CheckWebhookURL reads the URL of a webhook. allow are the networks that the
// installation lets webhooks into although they are private: only there may a URL
// do without TLS. What a name resolves to is looked at with every delivery.
func CheckWebhookURL(s string, allow []netip.Prefix) (string, error) {
	s = strings.TrimSpace(s)
	u, err := url.Parse(s)
	switch {
	case s == "":
		return "", Invalid("url", "url is missing")
	case err != nil || len(s) > MaxWebhookURL || SafeText(s) != s || u.Hostname() == "" || u.Opaque != "":
		return "", Invalid("url", "url must be like https://example.com/hooks, with at most %d bytes", MaxWebhookURL)
	case u.User != nil:
		return "", Invalid("url", "url must not have a user name or password").WithHint("the deliveries are signed: check that instead")
	case u.Fragment != "":
		return "", Invalid("url", "url must not have a # in it")
	case u.Scheme == "http" && len(allow) > 0, u.Scheme == "https":
	default:
		return "", Invalid("url", "url must begin with https://")
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil || strings.EqualFold(u.Hostname(), "localhost") {
		ip = ip.Unmap()
		local := err != nil || ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() || ip.Zone() != ""
		if local && len(allow) == 0 || err == nil && local && !slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(ip) }) {
			return "", Invalid("url", "url must not be a private address").WithHint("whoever runs muster can allow networks with webhooks.allow")
		}
	}
	u.Host = strings.ToLower(u.Host)
	return u.String(), nil
}

// PublicURL is a URL for the audit log: without its query, in which there may be a
// secret.
func PublicURL(s string) string {
	if base, _, ok := strings.Cut(s, "?"); ok {
		return base + "?…"
	}
	return s
}

// CheckWebhookEvents reads which events a webhook is sent, each once, in order:
// actions of the audit log, groups of them like member.*, or * for all.
func CheckWebhookEvents(words []string) ([]string, error) {
	var out []string
	for _, w := range words {
		for e := range strings.FieldsFuncSeq(strings.ToLower(w), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
			group := strings.TrimSuffix(strings.TrimSuffix(e, "*"), ".")
			if e != AllEvents && (group == "" || len(e) > 64 || strings.Trim(group, "abcdefghijklmnopqrstuvwxyz_.") != "" || strings.HasSuffix(e, "*") && !strings.HasSuffix(e, ".*")) {
				return nil, Invalid("events", "event %q is not an action of the audit log or a group of them", clip(SafeText(e), 40)).
					WithHint("for instance: member.role, invitation.*, *")
			}
			out = append(out, e)
		}
	}
	if len(out) == 0 || slices.Contains(out, AllEvents) {
		return []string{AllEvents}, nil
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > MaxWebhookEvents {
		return nil, Invalid("events", "a webhook can list at most %d events", MaxWebhookEvents)
	}
	return out, nil
}
