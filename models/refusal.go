package models

// Refusal is what a CodeDenied error says as a value: which right was missing
// and whose holders can help. The function that makes it greys a key in the app
// and refuses in the store, so that the two never differ; can-i answers from it,
// and every door puts it into its own words.
type Refusal struct {
	Action Permission // the right that was asked for; empty where the rule is about none
	Helps  Permission // those who have it can help; empty for the site admins
}

// refuse makes the error of a refusal.
func refuse(action, helps Permission, format string, args ...any) *Error {
	e := Errorf(CodeDenied, format, args...)
	e.Refusal = &Refusal{Action: action, Helps: helps}
	return e
}

// helps is whose right it is to help, otherwise where the error says nothing of
// it.
func (e *Error) helps(otherwise Permission) Permission {
	if e.Refusal != nil {
		return e.Refusal.Helps
	}
	return otherwise
}
