{{- define "cmek-operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 48 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "cmek-operator.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "cmek-operator.fullname" .) -}}
{{- else -}}
{{- required "serviceAccount.create is false: set serviceAccount.name to the ServiceAccount that the operator shall use" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* What never changes in an installation, so that Deployments and Services can select by it. */}}
{{- define "cmek-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "cmek-operator.labels" -}}
{{ include "cmek-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "cmek-operator.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* A value of a property. Commas separate the items of a list, so those within an item are escaped; the backslash is the properties file's own escape. */}}
{{- define "cmek-operator.text" -}}
{{- if kindIs "slice" . -}}
{{- $items := list -}}
{{- range . -}}{{- $items = append $items (. | toString | replace "," "\\\\,") -}}{{- end -}}
{{- join "," $items -}}
{{- else -}}
{{- . | toString -}}
{{- end -}}
{{- end -}}

{{/* The properties of a group of settings: name in camelCase here, in kebab-case there. What is empty is left out: it is not set. */}}
{{- define "cmek-operator.properties" -}}
{{- $prefix := .prefix -}}
{{- range $name, $value := .group }}
{{- $property := printf "%s.%s" $prefix (kebabcase $name) }}
{{- if eq $property "cmek.tenants" }}
{{- range $tenant, $settings := $value }}
{{- include "cmek-operator.properties" (dict "prefix" (printf "cmek.tenants.%s" $tenant) "group" $settings) }}
{{- end }}
{{- else if kindIs "map" $value }}
{{- include "cmek-operator.properties" (dict "prefix" $property "group" $value) }}
{{- else if not (or (kindIs "invalid" $value) (and (kindIs "string" $value) (empty $value)) (and (kindIs "slice" $value) (empty $value))) }}
{{ $property }}={{ include "cmek-operator.text" $value }}
{{- end }}
{{- end }}
{{- end -}}
