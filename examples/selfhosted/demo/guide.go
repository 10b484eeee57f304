package demo

import (
	"fmt"
	"io"
	"strings"

	"github.com/avanter/voki/call"
)

// Guide writes what to try: a token for each role, made by sign, and requests that work as they stand in a shell.
// Queued is the id of the call that they assign, start and complete.
func Guide(w io.Writer, address, queued string, sign func(call.Actor) (string, error)) error {
	tokens := map[call.Role]string{}
	var b strings.Builder
	b.WriteString("\nThe demonstration's company is avanter; these tokens are good for 12 hours.\n")
	for _, a := range []call.Actor{
		{ID: Attendant, Name: "João Silva", Role: call.RoleAttendant},
		{ID: "b2c3d4e5-f6a7-8901-bcde-f12345678901", Name: "Ana Supervisor", Role: call.RoleSupervisor},
		{ID: "c3d4e5f6-a7b8-9012-cdef-123456789012", Name: "Marcos Pereira", Role: call.RoleManager},
		{ID: owner, Name: "Helena Duarte", Role: call.RoleOwner},
	} {
		a.Tenant = Tenant
		token, err := sign(a)
		if err != nil {
			return fmt.Errorf("sign a token: %w", err)
		}
		tokens[a.Role] = token
		fmt.Fprintf(&b, "\n%s (%s):\n%s\n", a.Role, a.Name, token)
	}

	request := func(what, method, path, role, more string) {
		fmt.Fprintf(&b, "\n# %s\n%s\n", what, curl(method, address+path, tokens[call.Role(role)], more))
	}
	const attendant, supervisor, public = "attendant", "supervisor", ""
	page, waiting := "/api/v1/calls/"+CallID, "/api/v1/calls/"+queued
	b.WriteString("\nRequests to paste into a shell:\n")
	request("List calls", "GET", "/api/v1/calls?page=1&page_size=10&status=completed&date_from=2026-02-01", attendant, "")
	request("Call details", "GET", page, attendant, "")
	request("Assign the queued call", "POST", waiting+"/assign", attendant, "")
	request("Start it", "POST", waiting+"/start", attendant, "")
	request("Complete it", "POST", waiting+"/complete", attendant, json(`{"notes": "Problema resolvido. Cliente satisfeito."}`))
	request("Upload a file to it", "POST", waiting+"/upload", attendant, `-F "file=@-;filename=document.txt" <<< "Um documento."`)
	request("Add a tag to it", "POST", waiting+"/tags", attendant, json(`{"tag_id": "`+TagID+`"}`))
	request("Its tags", "GET", waiting+"/tags", attendant, "")
	request("Remove the tag", "DELETE", waiting+"/tags/"+TagID, attendant, "-i")
	request("Add a manager note to it", "POST", waiting+"/manager-notes", supervisor,
		json(`{"notes": "Excellent service. Request customer feedback."}`))
	request("Transcript", "GET", page+"/transcript", attendant, "")
	request("Summary", "GET", page+"/summary", attendant, "")
	request("The recording, to a file", "GET", page+"/recording/download", attendant, "-o recording.webm")
	request("A customer looks at the public link", "GET", "/api/v1/call/"+LinkToken+"/validate", public, "")
	request("and joins the queue", "POST", "/api/v1/call/"+LinkToken+"/join", public,
		json(`{"name": "Maria Oliveira", "email": "maria@email.com", "reason": "Ajuda com o acesso"}`))
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// curl is a request on one line.
func curl(method, url, token, more string) string {
	line := fmt.Sprintf("curl -sS -X %s %q", method, url)
	if token != "" {
		line += fmt.Sprintf(` -H "Authorization: Bearer %s" -H "X-Tenant: %s"`, token, Tenant)
	}
	if more != "" {
		line += " " + more
	}
	return line
}

func json(body string) string {
	return fmt.Sprintf(`-H "Content-Type: application/json" -d '%s'`, body)
}
