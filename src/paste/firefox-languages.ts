/**
 * @module
 * The words of Firefox's CORS messages in other languages than English: what tells one reason from another where the
 * headers that a message names do not. Source: `security.properties` of the language packs of Firefox 153; frames of
 * older versions where people have posted them.
 */

/** Pieces of text of one language, with straight quotes. */
export interface FirefoxLanguage {
  readonly name: string
  /** What every message holds before its URL. */
  readonly frames: readonly string[]
  /** Several Access-Control-Allow-Origin. */
  readonly multiple: string
  /** An unreadable item of a list. */
  readonly invalid: string
  readonly redirect: string
  /** A preflight without a success. */
  readonly preflight: string
  /** A request without an answer. */
  readonly failed: string
  readonly disabled: string
}

const language = (
  name: string,
  frames: readonly string[],
  [multiple, invalid, redirect, preflight, failed, disabled]: readonly [
    string,
    string,
    string,
    string,
    string,
    string,
  ],
): FirefoxLanguage => ({ name, frames, multiple, invalid, redirect, preflight, failed, disabled })

export const FIREFOX_LANGUAGES: readonly FirefoxLanguage[] = [
  language(
    'German',
    [
      'Quellübergreifende (Cross-Origin) Anfrage blockiert:',
      'Warnung für quellübergreifende (Cross-Origin) Anfrage:',
    ],
    [
      'nur ein',
      'ngültiges Token',
      'Weiterleitung',
      'Preflight-Antwort schlug fehl',
      'schlug fehl',
      'deaktiviert',
    ],
  ),
  language(
    'French',
    ["Blocage d'une requête multiorigine", 'Avertissement de requête multiorigine'],
    [
      'plusieurs en-têtes',
      'jeton ',
      'redirection externe',
      'échec de la réponse',
      'échec de la requête',
      'désactivé',
    ],
  ),
  language(
    'Spanish',
    [
      'Solicitud desde otro origen bloqueada:',
      'Solicitud de origen cruzado bloqueada:',
      'Advertencia de solicitud de origen cruzado:',
    ],
    ['múltiples cabeceras', 'no válido', 'redirección externa', 'preflight', 'sin éxito', 'desactivado'],
  ),
  language(
    'Portuguese',
    ['Requisição cross-origin bloqueada:', 'Aviso de requisição de origem cruzada'],
    [
      'vários cabeçalhos',
      'inválido',
      'redirecionamento externo',
      'falha na resposta',
      'falha na requisição',
      'desativado',
    ],
  ),
  language(
    'Italian',
    ['Bloccata richiesta multiorigine', 'Avviso richiesta multiorigine'],
    ['multipli', 'non valido', 'redirect non consentito', 'preliminare', 'non riuscita', 'disattivato'],
  ),
  language(
    'Polish',
    [
      'Zablokowano żądanie do zasobu innego pochodzenia:',
      'Ostrzeżenie żądania do zasobu innego pochodzenia:',
    ],
    [
      'niedozwolone powtórzenie',
      'nieprawidłowy token',
      'przekierowanie',
      'OPTIONS się nie powiodło',
      'nieudane żądanie',
      'wyłączone',
    ],
  ),
  language(
    'Dutch',
    ['Origin-aanvraag geblokkeerd:', 'Cross-Origin Request-waarschuwing:'],
    [
      'meerdere CORS-headers',
      'ongeldig token',
      'omleiding',
      'preflight-antwoord is niet gelukt',
      'aanvraag is niet gelukt',
      'uitgeschakeld',
    ],
  ),
  language(
    'Japanese',
    ['クロスオリジン要求をブロックしました', 'クロスオリジン要求警告'],
    ['複数の', '不正なトークン', 'リダイレクト', 'プリフライト応答が', '要求が成功しなかった', '無効'],
  ),
  language(
    'Korean',
    ['교차 출처 요청 차단:', '교차 출처 요청 경고:'],
    ['여러개의', '유효하지 않은 토큰', '리다이렉트', '사전 점검 응답이', '요청이 성공하지 못함', '비활성화'],
  ),
  language(
    'Russian',
    ['Запрос из постороннего источника заблокирован:', 'Предупреждение о запросе из постороннего источника:'],
    [
      'несколько заголовков',
      'некорректный токен',
      'перенаправление',
      'неудача ответа',
      'не удалось выполнить',
      'отключён',
    ],
  ),
  language(
    'Ukrainian',
    ['Запит зі стороннього джерела заблоковано', 'Попередження щодо запиту між джерелами:'],
    [
      'Численні заголовки',
      'недійсний токен',
      'перенаправлення',
      'невдача відповіді',
      'не вдався',
      'вимкнено',
    ],
  ),
  language(
    'Turkish',
    ['Çapraz köken isteği engellendi:', 'Çapraz köken isteği uyarısı:'],
    [
      'Birden fazla',
      'geçersiz',
      'yönlendirmesine',
      'preflight yanıtı başarısız',
      'isteği başarısız',
      'devre dışı',
    ],
  ),
  language(
    'Chinese (simplified)',
    ['已拦截跨源请求', '已阻止跨源请求', '跨源请求警告'],
    ['不允许有多个', '令牌', '外部重定向', '预检', '请求未能成功', '未启用'],
  ),
  language(
    'Chinese (traditional)',
    ['已封鎖跨來源請求', '跨來源請求警告'],
    ['不允許有多個', '無效', '重導到外部', 'preflight 回應', '請求未成功', '已停用'],
  ),
]
