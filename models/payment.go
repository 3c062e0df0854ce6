package models

import (
	"slices"
	"strings"
)

// PaymentMethod is a way in which an organization pays: a label and the reference of
// a payment provider, never a card number. Labels tell them apart, whatever their
// letter case.
type PaymentMethod struct {
	Label     string `json:"label"`
	Reference string `json:"reference"`
	Default   bool   `json:"default"`
}

// MaxPaymentMethods is how many an organization has at most.
const MaxPaymentMethods = 20

// PaymentMethods are those of an organization, the default one first.
type PaymentMethods []PaymentMethod

// Find gives one by its label.
func (p PaymentMethods) Find(label string) (PaymentMethod, error) {
	label = NormText(strings.TrimSpace(label))
	i := slices.IndexFunc(p, func(m PaymentMethod) bool { return NormText(m.Label) == label })
	if i < 0 {
		return PaymentMethod{}, Errorf(CodeNotFound, "there is no such payment method").WithHint("list them with: {payment.list}")
	}
	return p[i], nil
}

// CheckAdd checks a new one: what looks like a card number is refused, and so is a
// label that is taken.
func (p PaymentMethods) CheckAdd(m PaymentMethod) (PaymentMethod, error) {
	var err error
	if m.Label, err = CheckPayment("label", m.Label); err != nil {
		return m, err
	}
	if m.Reference, err = CheckPayment("reference", m.Reference); err != nil {
		return m, err
	}
	if m.Label == "" {
		return m, Invalid("label", "label must not be empty: use one like \"Visa ending 4242\"")
	}
	if _, err := p.Find(m.Label); err == nil {
		return m, Errorf(CodeConflict, "there is a payment method with this label already")
	}
	if len(p) >= MaxPaymentMethods {
		return m, Errorf(CodeLimit, "an organization has at most %d payment methods", MaxPaymentMethods)
	}
	return m, nil
}

// CheckRemove keeps the default one while there are others: which of them follows is
// for the owners to say.
func (p PaymentMethods) CheckRemove(m PaymentMethod) error {
	if m.Default && len(p) > 1 {
		return Errorf(CodeConflict, "this is the default payment method").WithHint("make another one the default first: {payment.default LABEL}")
	}
	return nil
}
