package httpapi

import (
	"net/url"
	"strconv"
	"time"

	"github.com/avanter/voki/call"
)

// downloadLinks signs and checks the addresses of recordings, which a media element can use: it sends no headers. A
// signature is good for all tracks.
type downloadLinks struct{ *signer }

// downloadValidity is how long such an address is good for.
const downloadValidity = 15 * time.Minute

func (k downloadLinks) sign(tenant, callID string, now time.Time) string {
	expires := strconv.FormatInt(now.Add(downloadValidity).Unix(), 10)
	return recordingPath(callID) + "/download?tenant=" + url.QueryEscape(tenant) + "&expires=" + expires +
		"&signature=" + string(k.appendSignature(nil, []byte(linkText(tenant, callID, expires))))
}

// linkText is what is signed of an address.
func linkText(tenant, callID, expires string) string {
	return tenant + "\x00" + callID + "\x00" + expires
}

// verify returns the tenant that a signed address names, and false if it was not signed here or has expired.
func (k downloadLinks) verify(callID string, q url.Values, now time.Time) (tenant string, ok bool) {
	tenant, expires := q.Get("tenant"), q.Get("expires")
	if !call.ValidID(tenant) || !call.ValidID(callID) ||
		!k.signed(linkText(tenant, callID, expires), q.Get("signature")) {
		return "", false
	}
	end, err := strconv.ParseInt(expires, 10, 64)
	return tenant, err == nil && now.Unix() < end
}
