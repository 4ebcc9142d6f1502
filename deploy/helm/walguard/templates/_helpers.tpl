{{- define "walguard.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "walguard.selector" -}}
app.kubernetes.io/name: walguard
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "walguard.labels" -}}
{{ include "walguard.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
