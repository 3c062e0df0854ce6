package settings

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/ui"
)

func paymentBindings() []keys.Binding[host.Host] {
	return []keys.Binding[host.Host]{
		{ID: "payment.list", Keys: []string{"M"}, Title: "payment methods", Scope: scopeSettings, Allowed: kit.May(models.PermBilling),
			Help:    "Shows the payment methods; adds one, makes one the default, removes one.",
			Present: func(h host.Host) bool { return h.Shared() },
			Enabled: func(h host.Host) string { return kit.Reason(h.Access.Require(models.PermBilling)) },
			Run:     showPayments},
	}
}

// addPayment is the item that leads to the form.
const addPayment = "add"

// showPayments lists the payment methods. Choosing one offers what can be done with it.
func showPayments(h host.Host) tea.Cmd {
	st, actor, org := h.Store, h.Actor, h.Org.ID
	pick := &ui.Picker{Title: "Payment methods of " + h.OrgName(), Empty: "No payment methods", Choose: func(it ui.Item) tea.Cmd {
		if m, ok := it.Data.(models.PaymentMethod); ok {
			return showPayment(h, m)
		}
		return paymentForm(h)
	}}
	return kit.PickFrom(h, pick, func(ctx context.Context, _ string) ([]ui.Item, error) {
		all, err := st.PaymentMethods(ctx, actor, org)
		var items []ui.Item
		for _, m := range all {
			it := ui.Item{ID: "method " + m.Label, Title: models.SafeText(m.Label), Note: models.SafeText(m.Reference), Mark: m.Default, Data: m}
			if m.Default {
				it.Right = "default"
			}
			items = append(items, it)
		}
		return append(items, ui.Item{ID: addPayment, Title: "add …", Note: "a label and a reference, never a card number"}), err
	})
}

func showPayment(h host.Host, m models.PaymentMethod) tea.Cmd {
	st, org := h.Store, h.Org.ID
	pick := &ui.Picker{Title: models.SafeText(m.Label), Choose: func(it ui.Item) tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			if it.ID == "default" {
				_, err := st.SetDefaultPaymentMethod(ctx, actor, org, m.Label)
				return host.Outcome{Err: err, Text: models.SafeText(m.Label) + " is now the default payment method"}
			}
			_, err := st.RemovePaymentMethod(ctx, actor, org, m.Label)
			return host.Outcome{Err: err, Text: models.SafeText(m.Label) + " is removed"}
		})
	}}
	why := ""
	if m.Default {
		why = "it is the default already"
	}
	pick.Items = []ui.Item{
		{ID: "default", Title: "make it the default", Why: why},
		{ID: "remove", Title: "remove"},
	}
	h.Show(pick.Start(""))
	return nil
}

func paymentForm(h host.Host) tea.Cmd {
	st, org := h.Store, h.Org.ID
	check := func(field string) func(string) error {
		return func(v string) error { _, err := models.CheckPayment(field, v); return err }
	}
	form := &ui.Form{Title: "Add a payment method", Send: "Add", Fields: []ui.FormField{
		ui.FormField{Name: "label", Label: "Label", Help: "like Visa ending 4242; never a card number", Check: check("label")}.With(""),
		ui.FormField{Name: "reference", Label: "Reference", Help: "what your payment provider calls it (optional)", Check: check("reference")}.With(""),
	}, Submit: func(get func(string) string) tea.Cmd {
		m := models.PaymentMethod{Label: get("label"), Reference: get("reference")}
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			added, err := st.AddPaymentMethod(ctx, actor, org, m)
			text := models.SafeText(added.Label) + " is added"
			if added.Default {
				text += ", as the default"
			}
			return host.Outcome{Err: err, Text: text}
		})
	}}
	h.Show(form.Prepare())
	return nil
}
