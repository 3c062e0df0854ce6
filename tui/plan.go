package tui

import (
	"muster/models"
)

// payHint is why an organization without a payment method has to wait with
// something, with the way that this app has to set one.
func (a *App) payHint(err error) string {
	e := models.AsError(err)
	if a.access.Can(models.PermBilling) {
		return e.Message + " · " + a.keyOf("pane.settings") + " opens Settings: set the payment method there"
	}
	return reason(err)
}
