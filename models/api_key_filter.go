package models

// APIKeyFilter filters API keys.
func APIKeyFilter() *Filter {
	return &Filter{Words: "a label, an id, or the address or name of who it acts for", Names: []FilterName{
		{Name: "status", Help: "active, expired or revoked", Values: []string{string(APIKeyActive), string(APIKeyExpired), string(APIKeyRevoked)}},
		{Name: "kind", Help: "personal, organization or service", Values: names(APIKeyKinds())},
		{Name: "service", Help: "the name or id of a service account", Complete: "service", Free: true},
		{Name: "owner", Help: "the address or id of whose personal key it is", Complete: "member", Free: true},
	}}
}

// Filter narrows the query by a filter.
func (q APIKeyQuery) Filter(text string) (APIKeyQuery, error) {
	err := APIKeyFilter().each(text, &q.Terms, func(t FilterTerm) (err error) {
		switch t.Name {
		case "status":
			err = once(&q.State, APIKeyState(t.Value), t)
		case "kind":
			err = once(&q.Kind, APIKeyKind(t.Value), t)
		case "service":
			err = once(&q.Service, t.Value, t)
		case "owner":
			err = once(&q.Owner, t.Value, t)
		}
		return err
	})
	return q, err
}

// ServiceFilter filters service accounts.
func ServiceFilter() *Filter {
	return &Filter{Words: filterNames, Names: []FilterName{
		{Name: "status", Help: "active or disabled", Values: []string{string(ServiceActive), string(ServiceDisabled)}},
	}}
}

// Filter narrows the query by a filter.
func (q ServiceQuery) Filter(text string) (ServiceQuery, error) {
	err := ServiceFilter().each(text, &q.Terms, func(t FilterTerm) error { // status has no other beside it
		return once(&q.Status, ServiceStatus(t.Value), t)
	})
	return q, err
}
