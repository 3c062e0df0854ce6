package op

import (
	"context"

	"muster/models"
	"muster/store"
)

func paymentRows() []*Row {
	return []*Row{
		row(Def[inOrg, List[Payment]]{
			Name: "payment.list", Does: "list the payment methods", Command: "payment list",
			Long: `List the payment methods of the organization, the default one first. The settings
billing.payment_method and billing.payment_reference are that one.`,
			Example: "muster payment list --json",
			Needs:   Billing, Route: "GET /v1/orgs/{org}/payment-methods",
			Run: func(ctx context.Context, d Deps, a models.Actor, in inOrg) (List[Payment], error) {
				all, err := d.Store.PaymentMethods(ctx, a, in.Org)
				items := make([]Payment, len(all))
				for i, m := range all {
					items[i] = Payment{m.Label, m}
				}
				return listOf(items, ""), err
			},
		}),
		row(Def[paymentAddIn, Payment]{
			Name: "payment.add", Does: "add a payment method", Command: "payment add", Use: "LABEL [--reference TEXT]",
			Long: `Add a payment method: a label, and what your payment provider calls it. The first
one is the default. muster keeps no card numbers: what looks like one is refused.`,
			Example: `muster payment add "Visa ending 4242" --reference cus_42`,
			Needs:   Billing, Route: "POST /v1/orgs/{org}/payment-methods", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in paymentAddIn) (Payment, error) {
				m, err := d.Store.AddPaymentMethod(ctx, a, in.Org, models.PaymentMethod{Label: in.Label, Reference: in.Reference})
				return Payment{m.Label, m}, err
			},
		}),
		paymentRow(Def[paymentIn, Payment]{
			Name: "payment.default", Does: "make a payment method the default one", Command: "payment default",
			Long:    "Make another payment method the default one.",
			Example: `muster payment default Invoice`,
			Route:   "POST /v1/orgs/{org}/payment-methods/{label}/default",
		}, (*store.Store).SetDefaultPaymentMethod),
		paymentRow(Def[paymentIn, Payment]{
			Name: "payment.remove", Does: "remove a payment method", Command: "payment remove",
			Long:    "Remove a payment method. The default one can be removed when there is no other.",
			Example: `muster payment remove Invoice`,
			Route:   "DELETE /v1/orgs/{org}/payment-methods/{label}",
		}, (*store.Store).RemovePaymentMethod),
	}
}

func paymentRow(def Def[paymentIn, Payment], do func(*store.Store, context.Context, models.Actor, string, string) (models.PaymentMethod, error)) *Row {
	def.Needs, def.Changes = Billing, true
	def.Run = func(ctx context.Context, d Deps, a models.Actor, in paymentIn) (Payment, error) {
		m, err := do(d.Store, ctx, a, in.Org, in.Label)
		return Payment{m.Label, m}, err
	}
	return row(def)
}

type paymentAddIn struct {
	inOrg
	Label     string `body:"label" arg:"LABEL"`
	Reference string `flag:"reference" body:"reference" help:"what your payment provider calls it; never a card number"`
}

type paymentIn struct {
	inOrg
	Label string `path:"label" arg:"LABEL"`
}

// Payment is a payment method. Its label is its id.
type Payment struct {
	ID string `json:"id"`
	models.PaymentMethod
}
