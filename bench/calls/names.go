package main

var (
	firstNames = []string{
		"Ana", "João", "Maria", "José", "Antônio", "Luís", "Márcia", "Patrícia", "Cláudia", "Sérgio", "Mônica", "André",
		"Letícia", "Vinícius", "Fábio", "Débora", "Flávia", "César", "Rogério", "Thaís", "Júlia", "Inês", "Otávio",
		"Beatriz", "Camila", "Carlos", "Daniel", "Eduardo", "Fernanda", "Gabriel", "Helena", "Igor", "Juliana", "Larissa",
		"Marcos", "Natália", "Paulo", "Rafael", "Renata", "Roberto", "Simone", "Tatiana", "Vera", "Wagner", "Yara", "Zélia",
		"Conceição", "Caetano", "Aparecida", "Estêvão",
	}
	lastNames = []string{
		"Souza", "Araújo", "Gonçalves", "Conceição", "Assunção", "Falcão", "Brandão", "Magalhães", "Guimarães", "Simões",
		"Falcón", "Müller", "Oliveira", "Santos", "Pereira", "Ferreira", "Rodrigues", "Alves", "Lima", "Gomes", "Ribeiro",
		"Martins", "Carvalho", "Almeida", "Lopes", "Soares", "Fernandes", "Vieira", "Barbosa", "Rocha", "Dias", "Nunes",
		"Moreira", "Cardoso", "Teixeira", "Correia", "Cavalcânti", "Melo", "Pinto", "Freitas", "Monteiro", "Moraes",
		"Ramos", "Nascimento", "Cunha", "Farias", "Leão", "Galvão", "Sá", "Queirós", "Antunes", "Batista", "Fonseca",
	}
	departmentNames = []string{
		"Suporte", "Vendas", "Cobrança", "Retenção", "Atenção ao Cliente", "Agendamento", "Ouvidoria", "Instalação",
		"Crédito", "Câmbio", "Sinistros", "Benefícios",
	}
	domains = []string{"exemplo.com.br", "correio.example", "mail.example.com", "empresa.example", "caixa.example.org"}
	reasons = []string{
		"Não consigo entrar na minha conta", "Dúvida sobre a fatura do mês", "Segunda via do boleto",
		"O aparelho não liga desde ontem", "Quero mudar o plano", "Alteração de endereço", "Cancelamento da assinatura",
		"Informação sobre o prazo de entrega", "Problema com a instalação elétrica", "Renovação do contrato",
	}
	agentNotes = []string{
		"Cliente orientado, sem pendências.", "Enviado o boleto por e-mail.", "Retorno agendado para amanhã.",
		"Aparelho reiniciado durante a chamada; voltou a funcionar.", "Encaminhado à área técnica.",
	}
)
