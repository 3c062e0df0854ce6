package store_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/models"
)

// payments gives an organization two payment methods.
func (w *world) payments(a models.Actor, org string) error {
	for _, m := range []models.PaymentMethod{{Label: "Visa ending 4242", Reference: "cus_42"}, {Label: "Invoice"}} {
		if _, err := w.s.AddPaymentMethod(w.ctx, a, org, m); err != nil {
			return err
		}
	}
	return nil
}

// docs/rules.md, "Plans". One payment method is the default and among the settings,
// none holds a card number, and the log holds none of them.
func TestPaymentMethods(t *testing.T) {
	s := newStage(t)
	if err := s.payments(s.owner, s.acme); err != nil {
		t.Fatal(err)
	}
	is := func(want string) {
		t.Helper()
		var got []string
		for _, m := range must[[]models.PaymentMethod](t)(s.s.PaymentMethods(s.ctx, s.owner, s.acme)) {
			got = append(got, fmt.Sprintf("%s/%s/%v", m.Label, m.Reference, m.Default))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("there are %q, want %q", got, want)
		}
	}
	is("Visa ending 4242/cus_42/true, Invoice//false")
	for label, code := range map[string]models.Code{
		"4111 1111 1111 1111": models.CodeInvalid, "": models.CodeInvalid, "INVOICE": models.CodeConflict, "visa ENDING 4242": models.CodeConflict,
	} {
		if _, err := s.s.AddPaymentMethod(s.ctx, s.owner, s.acme, models.PaymentMethod{Label: label}); models.CodeOf(err) != code {
			t.Errorf("%q: %v, want %s", label, err, code)
		}
	}
	if _, err := s.s.AddPaymentMethod(s.ctx, s.owner, s.acme, models.PaymentMethod{Label: "Card", Reference: "4111-1111-1111-1111"}); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("a card number as reference: %v", err)
	}
	if _, err := s.s.RemovePaymentMethod(s.ctx, s.owner, s.acme, "visa ending 4242"); models.CodeOf(err) != models.CodeConflict {
		t.Errorf("the default one, while there is another: %v", err)
	}
	must[models.PaymentMethod](t)(s.s.SetDefaultPaymentMethod(s.ctx, s.owner, s.acme, "invoice"))
	is("Invoice//true, Visa ending 4242/cus_42/false")
	if v := must[models.SettingValue](t)(s.s.Setting(s.ctx, s.owner, s.acme, models.SetPayment)); v.Value != "Invoice" {
		t.Errorf("the setting is %q", v.Value)
	}
	for _, label := range []string{"", "visa ending 4242"} {
		if _, err := s.s.UpdateSettings(s.ctx, s.owner, s.acme, []models.SettingChange{{Key: models.SetPayment, Value: label}}, false); models.CodeOf(err) != models.CodeConflict {
			t.Errorf("the setting as %q: %v", label, err)
		}
	}
	must[models.PaymentMethod](t)(s.s.RemovePaymentMethod(s.ctx, s.owner, s.acme, "Visa ending 4242"))
	must[models.PaymentMethod](t)(s.s.RemovePaymentMethod(s.ctx, s.owner, s.acme, "Invoice"))
	is("")
	for range models.MaxPaymentMethods {
		must[models.PaymentMethod](t)(s.s.AddPaymentMethod(s.ctx, s.owner, s.acme, models.PaymentMethod{Label: "Invoice " + string(rune('a'+len(must[[]models.PaymentMethod](t)(s.s.PaymentMethods(s.ctx, s.owner, s.acme)))))}))
	}
	if _, err := s.s.AddPaymentMethod(s.ctx, s.owner, s.acme, models.PaymentMethod{Label: "one more"}); models.CodeOf(err) != models.CodeLimit {
		t.Errorf("one too many: %v", err)
	}
	if n := s.number("SELECT count(*) FROM audit WHERE before || after || reason || target_label LIKE '%Visa%' OR before || after || reason || target_label LIKE '%cus_42%'"); n != 0 {
		t.Errorf("%d entries of the log hold a payment method", n)
	}
}
