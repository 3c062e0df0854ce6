package models

import (
	"encoding/base64"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WebhookDeliveryState says what became of an event for a webhook.
type WebhookDeliveryState string

// The states of a delivery to a webhook.
const (
	WebhookQueued    WebhookDeliveryState = "queued"
	WebhookDelivered WebhookDeliveryState = "delivered"
	WebhookGivenUp   WebhookDeliveryState = "failed"  // after the last retry
	WebhookStopped   WebhookDeliveryState = "stopped" // the webhook was disabled first
)

// WebhookDeliveryStates are all states.
func WebhookDeliveryStates() []WebhookDeliveryState {
	return []WebhookDeliveryState{WebhookQueued, WebhookDelivered, WebhookGivenUp, WebhookStopped}
}

// WebhookDelivery is one event on its way to a webhook. Its id is the same with
// every attempt.
type WebhookDelivery struct {
	ID        string               `json:"id"`
	WebhookID string               `json:"webhook_id"`
	Seq       int64                `json:"seq"` // of the event
	Action    string               `json:"action"`
	State     WebhookDeliveryState `json:"state"`
	Attempts  int                  `json:"attempts"`
	Status    int                  `json:"last_status"` // of HTTP, 0 for no answer
	Error     string               `json:"last_error"`
	Took      time.Duration        `json:"-"`
	Millis    int64                `json:"duration_ms"` // of the last attempt
	QueuedAt  time.Time            `json:"queued_at"`
	LastAt    *time.Time           `json:"last_attempt_at"`
	NextAt    *time.Time           `json:"next_attempt_at"` // of one that waits
}

// DeliveryQuery asks for a page of the deliveries of a webhook, the newest event
// first.
type DeliveryQuery struct {
	Search string // part of an action
	Terms  Terms  // beside Search
	State  WebhookDeliveryState
	Limit  int
	After  string
	Before string
}

// DeliveryFilter filters deliveries to a webhook.
func DeliveryFilter() *Filter {
	return &Filter{Words: "an action", Names: []FilterName{
		{Name: "status", Help: "queued, delivered, failed or stopped", Values: names(WebhookDeliveryStates())},
	}}
}

// Filter narrows the query by a filter.
func (q DeliveryQuery) Filter(text string) (DeliveryQuery, error) {
	err := DeliveryFilter().each(text, &q.Terms, func(t FilterTerm) error { // status has no other beside it
		return once(&q.State, WebhookDeliveryState(t.Value), t)
	})
	return q, err
}

// ParseDeliveryState reads a state; "" is any.
func ParseDeliveryState(s string) (WebhookDeliveryState, error) {
	v := WebhookDeliveryState(strings.ToLower(strings.TrimSpace(s)))
	if v == "" || slices.Contains(WebhookDeliveryStates(), v) {
		return v, nil
	}
	return "", Invalid("status", "status %q is not one of queued, delivered, failed, stopped", clip(SafeText(s), 20))
}

// webhookRetries are the waits between the attempts of one delivery, as Standard
// Webhooks has them: a day and a half in all.
var webhookRetries = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour, 10 * time.Hour,
}

// WebhookAttempts is how often a delivery is tried.
func WebhookAttempts() int { return len(webhookRetries) + 1 }

// WebhookRetry is the wait after so many attempts; ok is false where there is no
// other.
func WebhookRetry(attempts int) (wait time.Duration, ok bool) {
	if attempts < 1 || attempts > len(webhookRetries) {
		return 0, false
	}
	return webhookRetries[attempts-1], true
}

// WebhookOutcome is how one attempt ended.
type WebhookOutcome struct {
	Status int    // of HTTP, 0 for no answer
	Error  string // "" for a delivery that the receiver took
	Took   time.Duration
}

// statusGone disables a webhook at once.
const statusGone = 410

// Gone says that the receiver wants no more.
func (o WebhookOutcome) Gone() bool { return o.Status == statusGone }

// secretPrefix begins the secret of a webhook (Standard Webhooks).
const secretPrefix = "whsec_"

// secretBytes is how long a secret is.
const secretBytes = 32

// NewWebhookSecret makes the secret that deliveries are signed with.
func NewWebhookSecret(from io.Reader) ([]byte, error) {
	key := make([]byte, secretBytes)
	_, err := io.ReadFull(from, key)
	return key, err
}

// FormatWebhookSecret is a secret as people see it, once.
func FormatWebhookSecret(key []byte) string {
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}

var webhookSecretShaped = regexp.MustCompile(secretPrefix + `[0-9A-Za-z+/]{16,}=*`)

// RedactWebhookSecrets hides what could be a secret in a text.
func RedactWebhookSecrets(s string) string {
	if !strings.Contains(s, secretPrefix) {
		return s
	}
	return webhookSecretShaped.ReplaceAllString(s, secretPrefix+"…")
}

// LastAnswer is how the last attempt went, empty before the first.
func (d WebhookDelivery) LastAnswer() string {
	switch {
	case d.Error != "":
		return d.Error
	case d.LastAt == nil:
		return ""
	}
	return strconv.Itoa(d.Status) + " in " + strconv.FormatInt(d.Millis, 10) + " ms"
}

// CheckRedeliver refuses to send what is about to be sent anyway.
func (d WebhookDelivery) CheckRedeliver() error {
	if d.State == WebhookQueued {
		return Errorf(CodeConflict, "the delivery is waiting to leave already")
	}
	return nil
}
