package secret

import "log/slog"

// Text is a secret in memory, such as a password. However it is printed,
// logged or marshalled, only whether it is set shows.
type Text string

// Reveal is the secret itself, for whom it is meant for.
func (t Text) Reveal() string { return string(t) }

// String is "(set)", or empty when there is no secret.
func (t Text) String() string {
	if t == "" {
		return ""
	}
	return "(set)"
}

// GoString is for %#v.
func (t Text) GoString() string { return t.String() }

// MarshalText is for JSON and its like.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// LogValue is for slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }
